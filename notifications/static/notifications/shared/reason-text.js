// Why a notification came, and came as it did.

export function why({ topic, group, category }, words, decision) {
  const said = [whence(topic, group, words)];
  const named = { category: category || words.say("no_category") };
  if (decision?.reason === "mandatory") said.push(words.say("why_mandatory", named));
  if (decision?.reason === "toast-muted") said.push(words.say("why_toast_muted", named));
  if (decision?.reason === "quiet-hours") said.push(words.say("why_quiet_hours"));
  return said.join(" ");
}

function whence(topic, group, words) {
  if (topic === "everyone") return words.say("why_everyone");
  if (topic.startsWith("user-")) return words.say("why_you");
  if (group) return words.say("why_group", { group });
  return words.say("why_topic", { topic });
}
