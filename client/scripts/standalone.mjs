// Puts the files that a browser loads beside the standalone server, which serves them itself: in the image
// of the client and on a bare machine there is nothing else.
import { cpSync, existsSync } from 'node:fs';

cpSync('.next/static', '.next/standalone/.next/static', { recursive: true });
if (existsSync('public')) cpSync('public', '.next/standalone/public', { recursive: true });
