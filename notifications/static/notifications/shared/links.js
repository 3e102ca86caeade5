// Where a notification leads, and the events by which a host page takes part.

/** The url if it is safe to follow, else null. Browsers ignore tabs and line ends within a url. */
export const safeUrl = (url) => (/^(https?:\/\/|\/(?![/\\\t\n\r]))/i.test(url) ? url : null);

/** What the item is about, or else its own page. */
export const targetUrl = (origin, item) => safeUrl(item.url) ?? `${origin}/notifications/${item.id}/`;

/** A title was clicked. Returns whether the link is followed: a page with a router of its own prevents that. */
export function open(host, client, item, event) {
  if (safeUrl(item.url)) client.click(item.id).catch(() => {});
  else if (!item.read_at) client.read(item.id).catch(() => {});
  if (event.ctrlKey || event.metaKey || event.shiftKey) return true;
  const request = new CustomEvent("notification-open", {
    bubbles: true,
    composed: true,
    cancelable: true,
    detail: item,
  });
  const follow = host.dispatchEvent(request);
  if (!follow) event.preventDefault();
  return follow;
}
