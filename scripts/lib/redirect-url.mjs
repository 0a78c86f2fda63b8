// The rule for a client's redirect URL, as the worker has it in src/auth/redirect_url.rs. Both are held to
// tests/vectors/redirect_urls.json.

/** Whether a browser may be sent there with a code: https, http on this machine, or an app's own scheme with a dot. */
export function isRedirectUrl(text) {
  if (/[\s\p{Cc}\\#]/u.test(text) || !URL.canParse(text)) return false;
  const { protocol, hostname } = new URL(text);
  if (hostname.includes("*")) return false;
  const authority = text.split("://")[1]?.split(/[/?]/)[0];
  const plain = authority !== undefined && !authority.includes("@");
  if (protocol === "https:") return plain;
  if (protocol === "http:") return plain && isLoopback(hostname);
  return protocol.includes(".") && (plain || authority === undefined);
}

/** Whether a host names this machine (RFC 6761 §6.3; 127.0.0.0/8 and ::1). */
function isLoopback(hostname) {
  return /^(.+\.)?localhost$/.test(hostname) || /^127\.\d+\.\d+\.\d+$/.test(hostname) || hostname === "[::1]";
}
