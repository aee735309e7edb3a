'use client';

import createClient from 'openapi-fetch';
import type { components, paths } from './schema';
import { fetchWithSession } from './session';

export { Refusal, UNREACHABLE, answered } from './problem';

type Schemas = components['schemas'];
export type Show = Schemas['ShowView'];
export type Listing = Schemas['ListingView'];
export type Order = Schemas['OrderView'];
export type OrderInList = Schemas['OrderSnapshot'];
export type Session = Schemas['SessionView'];
export type Payment = Schemas['PaymentView'];
export type Payout = Schemas['PayoutView'];
export type Pass = Schemas['PassView'];
export type User = Schemas['UserView'];
export type Category = Schemas['Category'];

/** The services, as a browser sees them: same host, and the session in cookies. */
export const api = createClient<paths>({ baseUrl: '', fetch: fetchWithSession });
