// Which tabs share a feed: those of one hub and one user, whose tokens open the same topics.

const ISSUER = "hub"; // of the hub's own tokens, which name their user as the topics do

/** {name, user} of an `Api` and a user, undefined for the one whom the token names; null is not known yet. */
export function identityOf(api, user) {
  const { iss = "", sub = "", own = true, topics = [] } = claims(api.token ?? "");
  const isOwn = api.token === null || iss === ISSUER;
  const person = user ?? (isOwn ? sub : null);
  const rights = [own ? "" : "-own", ...[topics].flat().map(String).sort()].join(" ");
  return { name: `${api.origin} ${person ?? `${iss} ${sub}`}${rights}`, user: person };
}

/** The claims of a token. They are not verified here: they only tell two users apart. */
function claims(token) {
  try {
    return JSON.parse(atob(token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/"))) ?? {};
  } catch {
    return {};
  }
}
