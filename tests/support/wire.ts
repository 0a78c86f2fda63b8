// What the tests of ServiceStack's small print share.

import { DEMO } from "./api";
import { useWorker } from "./fixtures";
import { CREDENTIALS } from "./servicestack";
import { freshKeys } from "./worker";

export const KEYS = freshKeys();
export const JSON_TYPE = { "content-type": "application/json" };
export const { password } = DEMO;
export const PASSWORD = encodeURIComponent(password);

export const BODIES = {
  json: JSON.stringify(CREDENTIALS),
  jsv: `{provider:credentials,userName:demo,password:${password}}`,
  xml: `<Authenticate><provider>credentials</provider><UserName>demo</UserName><Password>${password}</Password></Authenticate>`,
  csv: `provider,UserName,Password\ncredentials,demo,${password}\n`,
};

/** The body of a multipart form. */
export const multipart = (fields: Record<string, string>) =>
  `${Object.entries(fields)
    .map(([name, value]) => `--b\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`)
    .join("")}--b--\r\n`;

export const MULTIPART = { "content-type": "multipart/form-data; boundary=b" };

/** A worker that serves both APIs: `our` is ServiceStack's, `arc` the other. */
export function useWire() {
  const { worker, their: our, our: arc } = useWorker({ settings: { SERVICESTACK_CLIENT_ID: "demo-web", JWT_KEYS: KEYS } });
  return { worker, our, arc };
}
