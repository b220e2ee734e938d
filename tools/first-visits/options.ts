/** @file What `npm run first-visits` is told. */
import { LabError } from '../../src/core/errors.ts';
import { parseCommandLine, wholeNumber } from '../command-line.ts';
import type { BrowserName } from '../drive/driven-page.ts';
import { BROWSERS } from '../drive/driven-page.ts';
import type { HostName } from '../hosts.ts';
import { HOSTS } from '../hosts.ts';

export const HELP = `npm run first-visits -- [options]

Loads the built site again and again, each time in a browser that has never seen it, and says how often that failed.

  --browser chromium|chromium-private|firefox|webkit|all
                                          in which browser (all)
  --host preview|compressing|plain|all    from which host: vite's preview server, one that compresses and knows no
                                          ranges, a plain one on a sub-path (preview)
  --times N                               loads for each browser and host (10)
  --busy N                                processes that keep cores busy meanwhile (0)
  --patience SECONDS                      a load that takes longer hangs (120)

Exit 0: every load ended with the model ready; 1: some did not; 2: bad input or a fault.`;

export interface Options {
  readonly browsers: readonly BrowserName[];
  readonly hosts: readonly HostName[];
  readonly times: number;
  readonly busy: number;
  readonly patienceSeconds: number;
}

function someOf<T extends string>(option: string, text: string, all: readonly T[]): readonly T[] {
  const chosen = text === 'all' ? all : all.filter((one) => one === text);
  if (chosen.length > 0) return chosen;
  throw new LabError('invalid-request', `--${option} must be ${all.join(', ')} or all, got "${text}".`);
}

/** @throws LabError `invalid-request` for what the command does not know */
export function parseOptions(argv: readonly string[]): Options | 'help' {
  const remedy = 'See npm run first-visits -- --help.';
  const { values, positionals } = parseCommandLine(
    argv,
    {
      browser: { type: 'string', default: 'all' },
      host: { type: 'string', default: 'preview' },
      times: { type: 'string', default: '10' },
      busy: { type: 'string', default: '0' },
      patience: { type: 'string', default: '120' },
      help: { type: 'boolean', default: false },
    },
    remedy,
  );
  if (values.help) return 'help';
  if (positionals.length > 0)
    throw new LabError('invalid-request', `"${positionals.join(' ')}" is no option.`, { remedy });
  return {
    browsers: someOf('browser', values.browser, BROWSERS),
    hosts: someOf('host', values.host, HOSTS),
    times: wholeNumber('times', values.times),
    busy: wholeNumber('busy', values.busy, 0),
    patienceSeconds: wholeNumber('patience', values.patience),
  };
}
