// Why a notification came, and why in this way, as a sentence.

/** `decision`: of `wants`. */
export function reasonText({ topic, group, category }, i18n, decision) {
  const sentences = [audience(topic, group, i18n)];
  const named = { category: category || i18n.text("no_category") };
  if (decision?.reason === "mandatory") sentences.push(i18n.text("why_mandatory", named));
  if (decision?.reason === "toast-muted") sentences.push(i18n.text("why_toast_muted", named));
  if (decision?.reason === "quiet-hours") sentences.push(i18n.text("why_quiet_hours"));
  return sentences.join(" ");
}

function audience(topic, group, i18n) {
  if (topic === "everyone") return i18n.text("why_everyone");
  if (topic.startsWith("user-")) return i18n.text("why_you");
  if (group) return i18n.text("why_group", { group });
  return i18n.text("why_topic", { topic });
}
