import { readFileSync } from 'node:fs';

// The unit of /proc's times, the same on every Linux that Node runs on.
const TICKS_PER_SECOND = 100;

/** Seconds of CPU that a process has used, all threads; undefined where there is no /proc. */
export function cpuSeconds(pid: number): number | undefined {
  const stat = read(`/proc/${pid}/stat`);
  // The fields after the program's name, which may itself hold blanks and parentheses: user time and system time.
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields === undefined ? undefined : (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** Kilobytes of memory that a process occupies; undefined where there is no /proc. */
export function memoryKilobytes(pid: number): number | undefined {
  const found = /^VmRSS:\s*(\d+) kB$/m.exec(read(`/proc/${pid}/status`) ?? '');
  return found === null ? undefined : Number(found[1]);
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return undefined;
  }
}
