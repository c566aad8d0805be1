import { closeSync, fstatSync, openSync, readSync, realpathSync } from 'node:fs';

/** A config file is a few kilobytes; whatever is larger is another file, or a device that never ends. */
const largestFile = 4 * 1024 * 1024;

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  ENOTDIR: 'there is no such file',
  EACCES: 'no permission to read it',
  EPERM: 'no permission to read it',
  EISDIR: 'this is a directory, not a file',
};

/** The text of a file, or why there is none. */
export function readTextFile(path: string): { readonly text: string } | { readonly failure: string } {
  try {
    const bytes = readBytes(path);
    if (bytes === undefined) {
      return { failure: `larger than ${largestFile / 1024 / 1024} MB: this is no config file` };
    }
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) };
  } catch (error) {
    return { failure: reasonOf(error) };
  }
}

/** What a file is called by all who name it; the name itself when it has no other, as a pipe. */
export function realPathOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

function readBytes(path: string): Buffer | undefined {
  const file = openSync(path, 'r');
  try {
    if (fstatSync(file).isDirectory()) {
      throw Object.assign(new Error('directory'), { code: 'EISDIR' });
    }
    // Read, not asked for its size: a pipe has none.
    const chunks: Buffer[] = [];
    let total = 0;
    for (;;) {
      const chunk = Buffer.allocUnsafe(64 * 1024);
      const length = readSync(file, chunk, 0, chunk.length, null);
      if (length === 0) {
        return Buffer.concat(chunks);
      }
      total += length;
      if (total > largestFile) {
        return undefined;
      }
      chunks.push(chunk.subarray(0, length));
    }
  } finally {
    closeSync(file);
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) {
    return 'cannot be read';
  }
  const code = 'code' in error ? String(error.code) : '';
  if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA') {
    return 'this is not UTF-8 text';
  }
  return (Object.hasOwn(reasons, code) ? reasons[code] : undefined) ?? `cannot be read (${code || error.message})`;
}
