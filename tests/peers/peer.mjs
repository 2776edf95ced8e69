// A system measured beside ours: its adapter runs in processes of Node.
import { join } from "node:path";
import { Program } from "./program.mjs";

const here = import.meta.dirname;
const node = (file, ...words) => [process.execPath, "--no-warnings", join(here, file), ...words];
let nextPort = 41_000 + Math.floor(Math.random() * 2000);

export async function peer(name) {
    const { rooms } = await import(`./adapters/${name}.mjs`);
    return {
        name,

        async startServer(folder) {
            const port = nextPort++;
            const program = new Program(node("peer-server.mjs", name, folder, String(port)));
            await program.started();
            return { port, process: program.process, stop: () => program.stop() };
        },

        startClient: () => new Program(node("peer-client.mjs", name)),

        async seed({ server, folder }) {
            const client = this.startClient();
            await client.ask("seed", { port: server.port, folder: join(folder, "seeder") }, 600_000);
            await client.kill();
        },

        // An empty replica is ready at once, and so is the room of a pair.
        place: (_role, folder) => ({ folder }),
        seedPairs: () => {},
        placePairs: (side, folder, count) => ({ folder: join(folder, side), rooms: rooms(count), side }),
    };
}
