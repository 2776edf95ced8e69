// A proxy that counts bytes at the TCP socket: headers of HTTP and WebSocket included, those of TCP and IP not.
// Every system is measured behind it, so that what it costs is the same for all.
import { createServer, connect } from "node:net";
import { once } from "node:events";

export async function countingProxy(port) {
    const counted = { in: 0, out: 0 };
    const server = createServer({ noDelay: true }, (near) => {
        const far = connect({ port, host: "127.0.0.1", noDelay: true });
        near.on("data", (bytes) => (counted.out += bytes.length));
        far.on("data", (bytes) => (counted.in += bytes.length));
        near.pipe(far);
        far.pipe(near);
        // One that ends with an error has ended, and so has the other.
        near.on("error", () => far.destroy());
        far.on("error", () => near.destroy());
        near.on("close", () => far.destroy());
        far.on("close", () => near.destroy());
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return {
        port: server.address().port,
        bytes: () => ({ ...counted }),
        close: () => server.close(),
    };
}
