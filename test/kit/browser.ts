import { existsSync } from 'node:fs';
import type { TestContext } from 'node:test';

import { type Browser, chromium } from 'playwright-core';

/** Where distributions put Chromium. */
const PLACES = ['/usr/bin/chromium-headless-shell', '/usr/bin/chromium', '/usr/bin/google-chrome'];

const executablePath = PLACES.find((path) => existsSync(path));

/** Why a test that needs a browser cannot run here; false when it can. */
export const withoutBrowser: string | false =
  executablePath === undefined ? 'Chromium is not installed (Debian: chromium-headless-shell)' : false;

/** Starts Chromium without a window; ended at the end of the test. */
export async function browser(t: TestContext): Promise<Browser> {
  if (executablePath === undefined) throw new Error(String(withoutBrowser));
  // Without its sandbox, which containers and root do not allow: it loads nothing but pages of ours.
  const started = await chromium.launch({ executablePath, args: ['--no-sandbox'], timeout: 30_000 });
  t.after(() => started.close());
  return started;
}
