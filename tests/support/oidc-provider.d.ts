// What openid_provider.ts uses of oidc-provider, which has no types of its own.

declare module "oidc-provider" {
  import type { IncomingMessage, ServerResponse } from "node:http";

  interface Configuration {
    findAccount(context: unknown, id: string): Promise<{ accountId: string; claims(): Promise<{ sub: string } & Record<string, unknown>> }>;
    [option: string]: unknown;
  }

  export default class Provider {
    constructor(issuer: string, configuration: Configuration);
    on(event: "server_error", listener: (context: unknown, error: Error) => void): void;
    callback(): (request: IncomingMessage, response: ServerResponse) => Promise<void>;
    readonly RefreshToken: { find(token: string): Promise<{ destroy(): Promise<void> } | undefined> };
  }
}
