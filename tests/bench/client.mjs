// A client on a real loopback socket that keeps its connections: what it waits is what users wait.

import { Agent, request } from "node:http";

/** Opens a client with as many connections as requests it may have under way. */
export function openClient(url, connections) {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const { hostname, port } = url;

  /** Sends one request and resolves with the milliseconds to the end of its answer, which must have the status, or one of those, that it expects. */
  async function send(wanted) {
    for (;;) {
      try {
        return await attempt(wanted);
      } catch (error) {
        // workerd closes connections that were idle for seconds, and this one was on its way when it did.
        if (error.code !== "ECONNRESET" || !error.idle) throw error;
      }
    }
  }

  function attempt({ host, method = "GET", path, headers, body, expect = 200 }) {
    return new Promise((resolve, reject) => {
      const length = body === undefined ? {} : { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
      const start = performance.now();
      const sent = request({ agent, hostname, port, method, path, headers: { host, ...length, ...headers } }, (answer) => {
        let text = "";
        answer.setEncoding("utf8").on("data", (chunk) => (text += chunk));
        answer.on("end", () => {
          const ms = performance.now() - start;
          if ([expect].flat().includes(answer.statusCode)) resolve({ ms, text, headers: answer.headers });
          else reject(new Error(`${method} ${host}${path} answered ${answer.statusCode}: ${text.slice(0, 300)}`));
        });
      });
      sent.on("error", (error) => reject(Object.assign(error, { idle: sent.reusedSocket }))).end(body);
    });
  }

  return { send, close: () => agent.destroy() };
}
