import type { ProviderName } from '../../host/providers.ts';
import type { ModelScript } from '../../world/model/index.ts';

/** Something that is said through a published SDK, to be recorded with the real provider and had again with the recording. */
export interface SdkConversation {
  readonly provider: ProviderName;
  /** The transcript is `NAME.ndjson` in the folder of the SDK, or a folder `NAME` when several processes are started. */
  readonly name: string;
  readonly processes: number;
  readonly script: ModelScript;
  /** Rejects with what the SDK throws. */
  have(place: SdkPlace): Promise<SdkAccount>;
}

/** How the provider is started. */
export interface SdkPlace {
  /** File of the SDK. */
  readonly sdk: string;
  /** What it starts as the provider. */
  readonly executable: string;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
}

/** What the SDK showed of a conversation. */
export interface SdkAccount {
  /** Kind of each message, in order, repetitions counted once. */
  readonly messages: readonly string[];
  /** What each turn came to: the agent's last words, or `failed: ` and why. */
  readonly results: readonly string[];
  /** Tools that the SDK asked about. */
  readonly asked: readonly string[];
}
