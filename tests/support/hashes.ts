// Passwords of the tests as the worker stores them with argon2id, so that no test pays for hashing them first.

import { ADMIN, DEMO } from "./api";

/** The password of every account that `aUser` makes, unless another is given. */
export const PASSWORD = "a password for tests";

export const STORED = {
  [PASSWORD]: "$argon2id$v=19$m=19456,t=2,p=1$dvmyONvkxtollu5qDepXJg$POu0bdeqfqGiK6Tq0JNiRffwiFSDazYrHTutw2mGkno",
  [DEMO.password]: "$argon2id$v=19$m=19456,t=2,p=1$166gehJvWymxdc54zFG2Ew$oTlB9hgfFvetzU/ZAnHjNlMHj8uZNGjFJrAZtqWKuJw",
  [ADMIN.password]: "$argon2id$v=19$m=19456,t=2,p=1$xZn1BJCQ4ASvKrj7hA/1jw$JHzoChjnLKLoQMypO0gwD/aYs6bvMWQs9DDBmoPY7MI",
};
