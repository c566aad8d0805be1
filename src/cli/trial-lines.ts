import type { Trial, Unreachable } from '../webhook/trial.ts';
import type { Paint } from './event-line.ts';
import { visible, visibleStart } from './visible.ts';

/** Lines and characters of a body, and characters of an answer, that are shown. */
const BODY_LINES = 60;
const LINE_CHARACTERS = 400;

/** Whether an endpoint took a sample. */
export function isGood(trial: Trial | Unreachable): boolean {
  return trial.kind === 'trial' && trial.answer.status >= 200 && trial.answer.status < 300;
}

/** A request and its answer, or why there was none, for people. */
export function trialLines(trial: Trial | Unreachable, paint: Paint): string[] {
  if (trial.kind === 'unreachable') return [paint('red', visible(trial.problem)), ''];
  const { endpoint, event, request, answer } = trial;
  const where = endpoint === 'default' ? '' : ` to ${visible(endpoint)}`;
  return [
    paint('bold', `${event}${where}`),
    `  ${request.method} ${visible(request.url)}`,
    ...request.headers.map(([name, value]) => `  ${paint('dim', `${visible(name)}:`)} ${visible(value)}`),
    '',
    ...bodyLines(request.body),
    '',
    `  ${answerLine(trial, paint)}`,
    ...(answer.text === '' ? [] : [`  ${paint('dim', visibleStart(answer.text, LINE_CHARACTERS))}`]),
    '',
  ];
}

function answerLine(trial: Trial, paint: Paint): string {
  const { status, error, duration, retryAfter } = trial.answer;
  if (status === 0) return paint('red', visible(error ?? 'no answer'));
  const asked = retryAfter === undefined ? '' : `, retry-after ${visibleStart(retryAfter, 60)}`;
  return paint(isGood(trial) ? 'green' : 'red', `${status} after ${duration.toFixed(1)} ms${asked}`);
}

/** JSON is laid out, lines of JSON one by one; what is long is cut. */
function bodyLines(body: string): string[] {
  const lines = laidOut(body).flatMap((text) => text.split('\n'));
  const shown = lines.slice(0, BODY_LINES).map((line) => `  ${visibleJson(line)}`);
  return lines.length > BODY_LINES ? [...shown, `  … ${lines.length - BODY_LINES} lines more`] : shown;
}

function laidOut(body: string): string[] {
  return body.split('\n').flatMap((line) => (line === '' ? [] : [JSON.stringify(JSON.parse(line), null, 2)]));
}

/** A line of JSON, in which a backslash has its meaning already. */
function visibleJson(line: string): string {
  return visibleStart(line, LINE_CHARACTERS).replaceAll('\\\\', '\\');
}

/** How it went as a whole. */
export function summaryLine(trials: readonly (Trial | Unreachable)[], paint: Paint): string {
  const unreachable = trials.filter(({ kind }) => kind === 'unreachable').length;
  const sent = trials.length - unreachable;
  const good = trials.filter(isGood).length;
  const parts = [
    ...(sent === 0 ? [] : [`${good} of ${sent} samples taken`]),
    ...(unreachable === 0 ? [] : [`${unreachable} ${unreachable === 1 ? 'endpoint' : 'endpoints'} cannot be reached`]),
  ];
  return paint(good === trials.length ? 'green' : 'red', parts.join(', '));
}
