// What the tests use of it; it has no types of its own.
declare module "passport-openidconnect" {
  type Verify = (issuer: string, profile: object, done: (error: unknown, user: object) => void) => void;
  export default class Strategy {
    constructor(options: Record<string, unknown>, verify: Verify);
  }
}
