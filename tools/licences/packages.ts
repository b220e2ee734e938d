/** @file A package of node_modules with its licence's text, as a site that contains it must give it. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** What may be in the site. Another licence is a decision that a person makes, here. */
const ALLOWED = ['0BSD', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'ISC', 'MIT', 'OFL-1.1'];

/** Packages that name their licence and bring no text of it: whom it names. The text itself is in a file beside this one. */
const COPYRIGHT: Readonly<Record<string, string>> = {
  '@tensorflow/tfjs-backend-cpu': 'Copyright 2020 Google LLC. All Rights Reserved.',
  '@tensorflow/tfjs-backend-wasm': 'Copyright 2019 Google LLC. All Rights Reserved.',
  '@tensorflow/tfjs-backend-webgpu': 'Copyright 2019 Google LLC. All Rights Reserved.',
  '@tensorflow/tfjs-core': 'Copyright 2018 Google LLC. All Rights Reserved.',
  'onnxruntime-common': 'Copyright (c) Microsoft Corporation. All rights reserved.',
  'onnxruntime-web': 'Copyright (c) Microsoft Corporation. All rights reserved.',
  seedrandom: 'Copyright 2019 David Bau.',
};

/** What is compiled into a package's wasm files, whose notices the package does not bring. */
const INSIDE_WASM: Readonly<Record<string, string>> = {
  '@tensorflow/tfjs-backend-wasm':
    'Its wasm files contain XNNPACK (BSD-3-Clause, Copyright Facebook, Inc. and its affiliates, Copyright 2019 Google LLC): https://github.com/google/XNNPACK/blob/master/LICENSE',
  'onnxruntime-web':
    'Its wasm file contains parts of others; their notices: https://github.com/microsoft/onnxruntime/blob/main/ThirdPartyNotices.txt',
};

/** Packages whose one file has others in it. */
const PACKED: Readonly<Record<string, readonly string[]>> = {
  '@huggingface/transformers': ['@huggingface/jinja', '@huggingface/tokenizers'],
};

export interface PackageNotice {
  readonly name: string;
  readonly version: string;
  readonly licence: string;
  readonly text: string;
}

const MODULES = '/node_modules/';

interface Manifest {
  readonly name: string;
  readonly version: string;
  /** '' where it names none, or in a way of before SPDX. */
  readonly licence: string;
}

/** null where the folder is no package: a package.json without a name only sets the kind of modules. */
function manifestOf(folder: string): Manifest | null {
  const path = join(folder, 'package.json');
  if (!existsSync(path)) return null;
  const value: unknown = JSON.parse(readFileSync(path, 'utf8'));
  const fields = new Map<string, unknown>(
    typeof value === 'object' && value !== null ? Object.entries(value) : [],
  );
  const field = (key: string): string => {
    const found = fields.get(key);
    return typeof found === 'string' ? found : '';
  };
  const manifest = { name: field('name'), version: field('version'), licence: field('license') };
  return manifest.name === '' || manifest.version === '' ? null : manifest;
}

/** Nearest folder above that is a package. */
function packageFolder(file: string): string | null {
  for (let folder = dirname(file); folder.includes(MODULES); folder = dirname(folder)) {
    if (manifestOf(folder) !== null) return folder;
  }
  return null;
}

function textOf(folder: string, name: string, licence: string): string {
  const own = readdirSync(folder)
    .filter((file) => /^(licen[cs]e|copying|notice)/i.test(file))
    .sort();
  if (own.length > 0) return own.map((file) => readFileSync(join(folder, file), 'utf8').trim()).join('\n\n');
  const copyright = COPYRIGHT[name];
  if (copyright === undefined || !['MIT', 'Apache-2.0'].includes(licence))
    throw new Error(`${name} (${licence}) brings no text of its licence: see COPYRIGHT in tools/licences.`);
  const text = readFileSync(new URL(`${licence}.txt`, import.meta.url), 'utf8').trim();
  return `${copyright}\n\n${text}`;
}

/** The packages that the files belong to, and those that are packed into these, in the order of their names.
 * @param files absolute; those outside of node_modules are the project's own
 * @throws Error for a licence that is not allowed, and for one without a text */
export function noticesFor(files: Iterable<string>): readonly PackageNotice[] {
  const folders = new Set<string>();
  for (const file of files) {
    const folder = file.includes(MODULES) ? packageFolder(file) : null;
    if (folder === null) continue;
    folders.add(folder);
    const at = folder.lastIndexOf(MODULES) + MODULES.length;
    for (const name of PACKED[folder.slice(at)] ?? []) folders.add(folder.slice(0, at) + name);
  }
  const notices = [...folders].map((folder): PackageNotice => {
    const manifest = manifestOf(folder);
    if (manifest === null) throw new Error(`${folder} is no package.`);
    const { name, version, licence } = manifest;
    if (!ALLOWED.includes(licence))
      throw new Error(`${name} ${version}: its licence "${licence}" is none of ${ALLOWED.join(', ')}.`);
    const inside = INSIDE_WASM[name];
    const text = textOf(folder, name, licence);
    return { name, version, licence, text: inside === undefined ? text : `${inside}\n\n${text}` };
  });
  const key = ({ name, version }: PackageNotice) => `${name}@${version}`;
  const byKey = new Map(notices.map((notice) => [key(notice), notice]));
  return [...byKey.values()].sort((a, b) => (key(a) < key(b) ? -1 : 1));
}

const RULE = '-'.repeat(78);

export function noticesText(notices: readonly PackageNotice[]): string {
  const list = notices.map(({ name, version, licence }) => `${name} ${version}: ${licence}`);
  const texts = notices.map(
    ({ name, version, licence, text }) => `${RULE}\n${name} ${version} (${licence})\n\n${text}\n`,
  );
  return `Bootlace contains the following packages, each under its own licence.\n\n${list.join('\n')}\n\n${texts.join('\n')}`;
}
