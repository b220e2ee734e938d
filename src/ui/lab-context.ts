/** @file The lab within reach of every view: its state by selector, its actions, and what main.tsx hands in. */
import { createContext, useContext } from 'react';
import { useStore } from 'zustand/react';
import type { Bootlace, LabActions, LabModel } from '../store/lab-model.ts';
import type { DataTools } from './data/data-tools.ts';

export interface PageTools {
  readonly lab: Bootlace;
  /** Text up to each token, this one included; rejects where no model is loaded. */
  readonly decodeUpTo: (ids: readonly number[]) => Promise<readonly string[]>;
  /** The figures measured at build time (run/reference.ts), unread; null where there are none. */
  readonly readReference: () => Promise<unknown>;
  /** The map (analysis/map-file.ts), unread; null where there is none. */
  readonly readMap: () => Promise<unknown>;
  readonly data: DataTools;
}

const Tools = createContext<PageTools | null>(null);
export const ToolsProvider = Tools.Provider;

export function useTools(): PageTools {
  const tools = useContext(Tools);
  if (tools === null) throw new Error('A view stands outside of the page.');
  return tools;
}

export const useLab = <T>(select: (model: LabModel) => T): T => useStore(useTools().lab.store, select);
export const useActions = (): LabActions => useTools().lab.actions;
