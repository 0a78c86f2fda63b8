// What a month costs at Cloudflare: the published prices of the Workers Paid plan, and three deployments.

/** When the prices were read. */
export const PRICE_LIST = "August 2026 (Workers Paid, D1, KV)";

/** Dollars for each beyond what the plan includes. */
const PRICES = {
  plan: 5,
  requests: { included: 10e6, each: 0.3e-6 },
  cpuMs: { included: 30e6, each: 0.02e-6 },
  rowsRead: { included: 25e9, each: 0.001e-6 },
  rowsWritten: { included: 50e6, each: 1e-6 },
  storageGb: { included: 5, each: 0.75 },
  kvRead: { included: 10e6, each: 0.5e-6 },
  kvWritten: { included: 1e6, each: 5e-6 },
};

/** What a person does in a month: every fourth is there every day, opens the app four times, and signs in every month. */
const MONTH = { "login-token": 1, "token-refresh": 30, me: 30, logout: 0.2, "wrong password": 0.2, "forget-password": 0.02 };

/** What of a person lies in D1 in the long run, by the kinds of `bytesOfRows`; audit rows stay for 90 days. */
const KEPT = { "person (user, password, membership, two clients)": 1, session: 1.5, "audit row of a sign-in": 4, "known device": 1 };

/** Milliseconds of CPU of a password hash; the benchmark measures it apart. */
const HASH_MS = 150;

/** Lines of text, a deployment each. */
export function bill({ bytes, counted, cpu }) {
  const perPerson = { requests: 0, cpuMs: 0, rowsRead: 0, rowsWritten: 0, kvRead: 0, kvWritten: 0 };
  for (const [name, times] of Object.entries(MONTH)) {
    const it = counted[name];
    perPerson.requests += times;
    perPerson.cpuMs += times * (name === "login-token" || name === "wrong password" ? HASH_MS : (cpu[name] ?? 1));
    perPerson.rowsRead += times * it.read;
    perPerson.rowsWritten += times * it.written;
    perPerson.kvRead += times * it.kvRead;
    perPerson.kvWritten += times * it.kvWritten;
  }
  const kept = Object.entries(KEPT).reduce((sum, [kind, number]) => sum + bytes[kind] * number, 0);
  return [10_000, 1_000_000, 10_000_000].map((people) => {
    const used = {
      ...Object.fromEntries(Object.entries(perPerson).map(([name, value]) => [name, value * people])),
      storageGb: (kept * people) / 1e9,
    };
    const dollars = Object.fromEntries(
      Object.entries(used).map(([name, value]) => [name, Math.max(0, value - PRICES[name].included) * PRICES[name].each]),
    );
    const total = PRICES.plan + Object.values(dollars).reduce((sum, value) => sum + value, 0);
    const parts = Object.entries(used).map(([name, value]) => `${name} ${value.toPrecision(3)} ($${dollars[name].toFixed(2)})`);
    return `${people.toLocaleString("en").padStart(10)} people: $${total.toFixed(2)} a month; ${parts.join(", ")}; databases of 10 GB: ${Math.ceil(used.storageGb / 10)}`;
  });
}
