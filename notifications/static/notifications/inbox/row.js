// One notification on the inbox page. `notifications/inbox/presentation.py` and `row.html` write the same.

import { ago, full } from "../shared/dates.js";
import { safeUrl } from "../shared/links.js";
import { wants } from "../shared/preferences-rule.js";
import { reasonText } from "./reason-text.js";
import { mount } from "../shared/mount.js";

export class InboxRow {
  item;
  #i18n;

  /** `node`: a copy of the template `row.html`, to be filled by `update`. */
  constructor(node, i18n) {
    this.node = node;
    this.#i18n = i18n;
  }

  /** A row that the server wrote. Of its state the page knows only whether, not when. */
  static adopt(node, i18n) {
    const row = new InboxRow(node, i18n);
    const { id, topic, group, category, severity, expires: expires_at } = node.dataset;
    const created_at = row.#find("time").dateTime;
    const since = (on) => (on ? created_at : null);
    row.item = {
      id,
      topic,
      group,
      category,
      severity,
      title: row.link.textContent,
      body: row.#find(".body").textContent,
      url: row.hasOwnUrl ? row.link.getAttribute("href") : "",
      created_at,
      expires_at,
      read_at: since(!node.classList.contains("unread")),
      archived_at: since(row.#find("[name=archive]").value === "no"),
    };
    row.refresh(new Date());
    return row;
  }

  get link() {
    return this.#find(".title");
  }

  /** Whether its title leads to what it is about, and not to its own page. */
  get hasOwnUrl() {
    return this.#find(".when").hasAttribute("href");
  }

  /** The topic as the user knows it. */
  get topicName() {
    const { topic, group } = this.item;
    if (topic === "everyone") return this.#i18n.text("topic_everyone");
    return group ? this.#i18n.text("topic_group", { group }) : topic;
  }

  focus() {
    this.node.focus();
  }

  update(item) {
    const { node } = this;
    const page = `${mount}/notifications/${item.id}/`;
    const url = safeUrl(item.url);
    const { id, topic, group, category, severity } = item;
    this.item = item;
    Object.assign(node.dataset, { id, topic, group: group ?? "", category, severity });
    this.#setIcon(".icon", severity);
    this.link.id = `title-${id}`;
    this.link.href = url ?? page;
    this.link.textContent = item.title;
    this.#setOptional(".body", item.body);
    this.#find(".severity").textContent = this.#i18n.text(`severity_${severity}`);
    this.#setOptional(".category", category);
    if (url) this.#find(".when").href = page;
    else this.#find(".when").removeAttribute("href");
    this.#find("time").dateTime = item.created_at;
    this.#find("time").title = full(new Date(item.created_at), this.#i18n);
    this.#find(".pick").setAttribute("aria-label", this.#i18n.text("select", { title: item.title }));
    this.#find(".topic").hidden = topic.startsWith("user-");
    this.#find("[name=topic]").value = topic;
    this.#find(".acts").setAttribute("action", `${page}read`);
    this.#find("[name=archive]").setAttribute("formaction", `${page}archive`);
    for (const button of node.querySelectorAll(".acts button")) {
      button.setAttribute("aria-describedby", this.link.id);
    }
    this.#setState(item);
    this.refresh(new Date());
  }

  select(on) {
    this.node.classList.toggle("picked", on);
    this.#find(".pick").checked = on;
  }

  /** Write why the user gets it, and what they can do about it. */
  explain(preferences) {
    const { topic, created_at } = this.item;
    const decision = wants(preferences, this.item, new Date(created_at));
    this.#find(".why p").textContent = reasonText(this.item, this.#i18n, decision);
    const muted = preferences?.muted_topics?.includes(topic) ?? false;
    const mute = this.#find("[name=choice]");
    mute.value = muted ? "unmute" : "mute";
    mute.textContent = this.#i18n.text(`${mute.value}_topic`);
    this.#find("[value=unfollow]").hidden = !preferences?.followed_topics?.includes(topic);
  }

  refresh(now) {
    this.#find("time").textContent = ago(new Date(this.item.created_at), now, this.#i18n);
  }

  #find(selector) {
    return this.node.querySelector(selector);
  }

  #setState({ read_at, archived_at }) {
    const read = read_at !== null;
    const archived = archived_at !== null;
    this.node.classList.toggle("unread", !read);
    this.#find(".dot").hidden = read;
    this.#setButton("read", !read, read ? "mark_unread" : "mark_read", read ? "unread" : "read");
    this.#setButton("archive", !archived, ...(archived ? ["unarchive", "unarchive"] : ["archive", "archive"]));
  }

  #setOptional(selector, text) {
    const element = this.#find(selector);
    element.firstElementChild.textContent = text;
    element.hidden = !text;
  }

  #setButton(name, yes, phrase, icon) {
    const button = this.#find(`[name=${name}]`);
    button.value = yes ? "yes" : "no";
    button.title = this.#i18n.text(phrase);
    button.querySelector("span").textContent = button.title;
    this.#setIcon(`[name=${name}] svg`, icon);
  }

  #setIcon(selector, icon) {
    const use = this.#find(`${selector} use`);
    use.setAttribute("href", use.getAttribute("href").replace(/#.*$/, `#${icon}`));
  }
}
