/** @file Starts a headless Chromium, with or without WebGPU on a software adapter. */
import type { Browser } from 'playwright-core';
import { chromium } from 'playwright-core';
import { findChromium } from './chromium.ts';

export interface BrowserOptions {
  /** WebGPU on SwiftShader: right numbers, no speed (about 0.4 GFLOP/s), no shader-f16. */
  readonly softwareWebgpu?: boolean;
  /** Host names that resolve to this machine: a page opened under one has an insecure origin. */
  readonly localHosts?: readonly string[];
  readonly args?: readonly string[];
}

export function launchBrowser({
  softwareWebgpu,
  localHosts = [],
  args = [],
}: BrowserOptions = {}): Promise<Browser> {
  const webgpu = ['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader'];
  const hosts = localHosts.map((host) => `MAP ${host} 127.0.0.1`).join(', ');
  return chromium.launch({
    executablePath: findChromium(),
    args: [
      '--headless=new',
      // Small shared memory in containers crashes the renderer.
      '--disable-dev-shm-usage',
      ...(softwareWebgpu === true ? webgpu : []),
      ...(hosts === '' ? [] : [`--host-resolver-rules=${hosts}`]),
      ...args,
    ],
  });
}
