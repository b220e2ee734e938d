/** @file Starts a headless Chromium, with or without WebGPU on a software adapter. */
import type { Browser, BrowserContext } from 'playwright-core';
import { chromium } from 'playwright-core';
import { findChromium } from './chromium.ts';

export interface BrowserOptions {
  /** WebGPU on this machine's GPU, also where the browser would not offer it yet. */
  readonly realWebgpu?: boolean;
  /** With a window. */
  readonly isHeaded?: boolean;
  /** Ctrl-C and the like are left to the caller, who ends the browser. */
  readonly ignoresSignals?: boolean;
  /** WebGPU on SwiftShader: right numbers, no speed (about 0.4 GFLOP/s), no shader-f16. */
  readonly softwareWebgpu?: boolean;
  /** Host names that resolve to this machine: a page opened under one has an insecure origin. */
  readonly localHosts?: readonly string[];
  readonly args?: readonly string[];
}

/** Small shared memory in containers crashes the renderer. */
const SMALL_SHARED_MEMORY = '--disable-dev-shm-usage';
/** Where Chromium on Linux finds a GPU. */
const VULKAN = ['--enable-features=Vulkan', '--use-angle=vulkan', '--ignore-gpu-blocklist'];

export function launchBrowser({
  softwareWebgpu,
  realWebgpu,
  isHeaded = false,
  ignoresSignals = false,
  localHosts = [],
  args = [],
}: BrowserOptions = {}): Promise<Browser> {
  const webgpu = ['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader'];
  const real = ['--enable-unsafe-webgpu', ...(process.platform === 'linux' ? VULKAN : [])];
  const signals = ignoresSignals ? { handleSIGINT: false, handleSIGTERM: false, handleSIGHUP: false } : {};
  const hosts = localHosts.map((host) => `MAP ${host} 127.0.0.1`).join(', ');
  return chromium.launch({
    executablePath: findChromium(),
    headless: !isHeaded,
    ...signals,
    args: [
      ...(isHeaded ? [] : ['--headless=new']),
      SMALL_SHARED_MEMORY,
      ...(softwareWebgpu === true ? webgpu : []),
      ...(realWebgpu === true ? real : []),
      ...(hosts === '' ? [] : [`--host-resolver-rules=${hosts}`]),
      ...args,
    ],
  });
}

/** A headless Chromium whose only window has a new profile on the disk, removed when it is closed. */
export const launchFreshProfile = (): Promise<BrowserContext> =>
  chromium.launchPersistentContext('', {
    executablePath: findChromium(),
    headless: true,
    args: ['--headless=new', SMALL_SHARED_MEMORY],
  });
