import { auth, type OAuthClientProvider } from '@modelcontextprotocol/sdk/client/auth.js';
import type { FetchLike } from '@modelcontextprotocol/sdk/shared/transport.js';
import { ConnectionError, messageOf } from '../../errors.js';
import { type ShowForeign, showError } from '../../foreignText.js';
import { guardProvider } from './guardedProvider.js';
import { classifyNetworkFailure } from './networkFailure.js';
import { parseRetryAfter } from './retryAfter.js';

export interface OAuthFlowOptions {
  provider: OAuthClientProvider;
  serverUrl: URL;
  fetch: FetchLike;
  resourceMetadataUrl: URL | undefined;
  scope: string | undefined;
  /** The code that the user came back with; without it, whatever leads to a token. */
  authorizationCode?: string | undefined;
  mayRefresh: boolean;
  /** Asked before the user is sent away; throws where that must not be. */
  redirecting(url: URL): void;
  /** Hears of each secret that passes. */
  learn(secret: string): void;
  /** What an error quotes is shown like this. */
  show: ShowForeign;
  /** Epoch milliseconds. */
  time(): number;
}

/**
 * The SDK's `auth`, with what it leaves to chance decided. An authorization server that is not there, out of
 * order or too busy is no refusal: the SDK would then send the user to it, for what only time can give.
 *
 * @returns whether there is a token now, or the user was sent away
 * @throws ConnectionError `NETWORK_ERROR` or `HTTP_ERROR` when another time may do, `TRANSPORT_FAILED` when
 *   the provider did not keep the tokens, `AUTHORIZATION_FAILED` for what else went wrong
 */
export async function runOAuthFlow(options: OAuthFlowOptions): Promise<'AUTHORIZED' | 'REDIRECT'> {
  const { provider, serverUrl, resourceMetadataUrl, scope, authorizationCode, show } = options;
  /** Why the last request got no answer that counts, or one that is lost. */
  let trouble: ConnectionError | null = null;
  const fetchFn: FetchLike = async (url, init) => {
    try {
      const response = await options.fetch(url, init);
      trouble = passingTrouble(response, options.time());
      return response;
    } catch (error) {
      trouble = unreachable(error);
      throw error;
    }
  };
  const guarded = guardProvider(provider, {
    mayRefresh: options.mayRefresh,
    learn: options.learn,
    unsaved: (error) => {
      trouble = unsaved(error, show);
    },
    redirecting: (url) => {
      // A browser gives no code, and may have refused by itself what its user could do.
      if (trouble !== null && (trouble.code !== 'NETWORK_ERROR' || 'code' in trouble.details)) throw trouble;
      options.redirecting(url);
    },
  });
  try {
    return await auth(guarded, {
      serverUrl,
      fetchFn,
      ...(authorizationCode === undefined ? {} : { authorizationCode }),
      ...(resourceMetadataUrl === undefined ? {} : { resourceMetadataUrl }),
      ...(scope === undefined ? {} : { scope }),
    });
  } catch (cause) {
    if (cause instanceof ConnectionError) throw cause;
    throw trouble ?? refused(cause, show);
  }
}

/** The authorization server that cannot be reached is no refusal; neither is it the MCP server. */
function unreachable(error: unknown): ConnectionError {
  const { message, cause, details } = classifyNetworkFailure(error, 'the authorization server');
  return new ConnectionError('NETWORK_ERROR', message, {
    cause,
    details: { ...details, reset: false, unsent: true },
  });
}

function passingTrouble({ status, headers }: Response, now: number): ConnectionError | null {
  if (status < 500 && status !== 408 && status !== 429) return null;
  const retryAfter = parseRetryAfter(headers.get('retry-after'), now);
  return new ConnectionError('HTTP_ERROR', `the authorization server answered ${status}`, {
    details: { status, unsent: true, ...(retryAfter === null ? {} : { retryAfter }) },
  });
}

/** To the SDK a renewal has failed, which sends the user for tokens that could not be kept either. */
function unsaved(cause: unknown, show: ShowForeign): ConnectionError {
  return new ConnectionError('TRANSPORT_FAILED', 'the authorization provider did not keep the tokens', {
    cause: showError(cause, show),
    details: { unsent: true },
  });
}

/** Whoever refused, the authorization server with an OAuth error or something on the way to it. */
function refused(cause: unknown, show: ShowForeign): ConnectionError {
  const said = show(messageOf(cause));
  const error = oauthErrorCode(cause);
  const reason =
    error === null
      ? `the authorization failed: ${said}`
      : `the authorization server refused: ${error}${said === '' ? '' : ` (${said})`}`;
  return new ConnectionError('AUTHORIZATION_FAILED', reason, {
    cause: showError(cause, show),
    details: { unsent: true, ...(error === null ? {} : { error }) },
  });
}

/** A property instead of the class: a second copy of the SDK has classes of its own. */
function oauthErrorCode(error: unknown): string | null {
  if (!(error instanceof Error) || !('errorCode' in error)) return null;
  return typeof error.errorCode === 'string' ? error.errorCode : null;
}
