/** @file The worker that imports: protocol on one side, the importer on the other. The page ends it after every answer. */
import { importMethods } from '../src/protocol/importing.ts';
import { handlersOf } from '../src/protocol/method.ts';
import { serve } from '../src/protocol/server.ts';
import { importEngine } from './import-engine.ts';
import { pause } from './pause.ts';

serve(self, handlersOf(importMethods, importEngine), { pause });
