// Where a notification leads.

/** The url if it is one to follow, else null. After tabs and line ends a browser does not look. */
export const href = (url) => (/^(https?:\/\/|\/(?![/\\\t\n\r]))/i.test(url) ? url : null);

/** Where its title leads: what it is about, or else itself. */
export const target = (origin, item) => href(item.url) ?? `${origin}/notifications/${item.id}/`;

/** The token has run out: the page sets another as the element's attribute. */
export const needToken = (element) =>
  element.dispatchEvent(new CustomEvent("notification-token-needed", { bubbles: true, composed: true }));

/** Its title was activated: a page that routes itself takes it from here. Whether the link is followed. */
export function open(host, store, item, event) {
  if (href(item.url)) store.click(item.id).catch(() => {});
  else if (!item.read_at) store.read(item.id).catch(() => {});
  if (event.ctrlKey || event.metaKey || event.shiftKey) return true;
  const asked = new CustomEvent("notification-open", {
    bubbles: true,
    composed: true,
    cancelable: true,
    detail: item,
  });
  const follow = host.dispatchEvent(asked);
  if (!follow) event.preventDefault();
  return follow;
}
