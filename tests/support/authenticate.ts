// What the tests of ServiceStack's operations share.

import { DEMO } from "./api";
import { useWorker } from "./fixtures";

export const FIELDS = `userName=demo&password=${encodeURIComponent(DEMO.password)}`;

/** A worker that serves both APIs: `our` is ServiceStack's, `arc` the other. */
export function useServiceStack() {
  const { worker, their: our, our: arc } = useWorker({ settings: { SERVICESTACK_CLIENT_ID: "demo-web", OTP_CLIENT_IDS: "demo-web" } });
  return { worker, our, arc };
}
