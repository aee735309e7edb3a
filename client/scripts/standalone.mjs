// Puts the files that a browser loads beside the standalone server, which serves them itself: in the image
// of the client and on a bare machine there is nothing else. Beside each script and style sheet goes what
// Brotli makes of it, for the ingress to send instead.
import { cpSync, existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync } from 'node:zlib';

const served = '.next/standalone/.next/static';
cpSync('.next/static', served, { recursive: true });
if (existsSync('public')) cpSync('public', '.next/standalone/public', { recursive: true });

for (const name of readdirSync(served, { recursive: true })) {
    if (!/\.(js|css)$/.test(name)) continue;
    const file = join(served, name);
    writeFileSync(`${file}.br`, brotliCompressSync(readFileSync(file)));
}
