// What many test files would otherwise declare each for itself.

/**
 * How many requests that hash a password may be under way at once.
 *
 * workerd reads no connection while it has work in hand, and hangs up on one whose request it gets round to only
 * after five seconds. On a busy machine a hundred hashes take longer.
 */
export const HASHES_AT_ONCE = 20;

/** Sends so many requests in parallel, as many of them at once as is said, and gives their answers in order. */
export async function many<T>(count: number, ask: (n: number) => Promise<T>, atOnce = count): Promise<T[]> {
  const answers: T[] = [];
  let sent = 0;
  const sendOn = async () => {
    while (sent < count) {
      const n = sent++;
      answers[n] = await ask(n);
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, count) }, sendOn));
  return answers;
}
