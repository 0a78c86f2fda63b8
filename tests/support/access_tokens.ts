// What the tests of access tokens share.

import { nested } from "./api";

export const ISSUER = "http://127.0.0.1:8787";
export const now = () => Math.floor(Date.now() / 1000);

/** The answer to a bearer that is none of ours. */
export const NOT_OURS = nested("TokenExpired");
