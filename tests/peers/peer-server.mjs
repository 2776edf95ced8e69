// The server of a peer: node peer-server.mjs PEER FOLDER PORT. Ends cleanly on SIGTERM.
import { mkdirSync } from "node:fs";

const [peer, folder, port] = process.argv.slice(2);
mkdirSync(folder, { recursive: true });
const { startServer } = await import(`./adapters/${peer}.mjs`);
const server = await startServer({ folder, port: Number(port) });
process.on("SIGTERM", async () => {
    await server.stop();
    process.exit(0);
});
process.stdin.resume();
process.stdin.on("end", () => process.kill(process.pid, "SIGKILL"));
console.log(JSON.stringify({ id: 0, ok: {} }));
