// Type-checks this module against the types of the vendor's own package, where a team has installed it: `npm run vendor`.
// That the documented methods and listeners of its engine are those of the table is seen by the compiler.

import { RCIMIWEngine } from '@rongcloud/react-native-im-wrapper';

import { serve } from '../src/index';
import type { ListenerName, MethodName } from '../src/table';

type Setter<Name extends string> = Name extends `on${infer Rest}` ? `setOn${Rest}Listener` : never;

/** Names of methods and setters that the vendor's class has and the table does not know: none. */
type Documented = MethodName | Setter<ListenerName>;
type Unknown = Exclude<keyof RCIMIWEngine, Documented>;
export const nothingIsMissing: [Unknown] extends [never] ? true : Unknown = true;

export const running: Promise<void> = serve({ url: 'ws://127.0.0.1:7700/adapter?token=…', engine: RCIMIWEngine });
