/** What was collected and not yet sent, kept on the phone: sealed with a key that never leaves the browser, in order.

    Each record says in plain only whose it is, its place in the order, its batch and what became of it. */
import type { Person } from "./recognise";

export type Tube = {
  client_id: string;
  site_id: string;
  campaign_id: string | null;
  panel: string;
  barcode: string;
  capacity: number;
  persons: Person[];
  collected_at: string;
  doctor: string;
};
export type Fault = { field: string; code: string; says: string };
export type Kept = { order: number; account: string; batch: string; state: "waiting" | "mend"; kept: boolean; faults: Fault[]; tube: Tube };
type Sealed = { iv: Uint8Array<ArrayBuffer>; data: ArrayBuffer };
type Row = Omit<Kept, "order" | "tube"> & { order?: number; sealed: Sealed };

const NAME = "huizhen-collect";
/** How many wait on this phone, for pages that must not log anybody out meanwhile. */
export const UNSENT = "collect-unsent";

const done = <T>(request: IDBRequest<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

function open(): Promise<IDBDatabase> {
  const request = indexedDB.open(NAME, 1);
  request.onupgradeneeded = () => {
    request.result.createObjectStore("keys");
    request.result.createObjectStore("desks");
    request.result.createObjectStore("tubes", { keyPath: "order", autoIncrement: true });
  };
  return done(request);
}

export class Store {
  private constructor(private readonly base: IDBDatabase, private readonly account: string, private readonly key: CryptoKey) {
    base.onversionchange = () => base.close(); // somebody logs out: the whole store goes
  }

  static async open(account: string): Promise<Store> {
    const base = await open();
    const fresh = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
    const keys = base.transaction("keys", "readwrite").objectStore("keys");
    let key = (await done(keys.get(account))) as CryptoKey | undefined;
    if (!key) await done(keys.put((key = fresh), account));
    return new Store(base, account, key);
  }

  private async seal(value: unknown): Promise<Sealed> {
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const data = await crypto.subtle.encrypt({ name: "AES-GCM", iv }, this.key, new TextEncoder().encode(JSON.stringify(value)));
    return { iv, data };
  }

  private async unseal<T>({ iv, data }: Sealed): Promise<T> {
    return JSON.parse(new TextDecoder().decode(await crypto.subtle.decrypt({ name: "AES-GCM", iv }, this.key, data))) as T;
  }

  private rows(): Promise<Row[]> {
    return done(this.base.transaction("tubes").objectStore("tubes").getAll()) as Promise<Row[]>;
  }

  private write(): IDBObjectStore {
    return this.base.transaction("tubes", "readwrite").objectStore("tubes");
  }

  /** Everything of this account, in the order it was collected. */
  async list(): Promise<Kept[]> {
    const own = (await this.rows()).filter((row) => row.account === this.account);
    return Promise.all(own.map(async ({ sealed, ...row }) => ({ ...row, order: row.order!, tube: await this.unseal<Tube>(sealed) })));
  }

  /** How many tubes of other accounts wait on this phone. */
  async others(): Promise<number> {
    return (await this.rows()).filter((row) => row.account !== this.account).length;
  }

  /** Keep a tube; `order` puts a mended one back into its place. */
  async add(tube: Tube, order?: number): Promise<void> {
    const row: Row = { account: this.account, batch: "", state: "waiting", kept: false, faults: [], sealed: await this.seal(tube) };
    if (order !== undefined) row.order = order;
    await done(this.write().put(row));
    await this.count();
  }

  /** Change the plain part of some rows; what has gone meanwhile stays gone. */
  async change(orders: number[], values: Partial<Pick<Row, "batch" | "state" | "kept" | "faults">>): Promise<void> {
    const rows = this.write();
    for (const order of orders) {
      const row = (await done(rows.get(order))) as Row | undefined;
      if (row) await done(rows.put({ ...row, ...values }));
    }
  }

  async remove(orders: number[]): Promise<void> {
    const rows = this.write();
    for (const order of orders) await done(rows.delete(order));
    await this.count();
  }

  private async count(): Promise<void> {
    localStorage.setItem(UNSENT, String((await this.rows()).length));
  }

  /** The tube at hand, so that a reload loses nothing. */
  async keepDesk(desk: unknown): Promise<void> {
    const sealed = await this.seal(desk);
    await done(this.base.transaction("desks", "readwrite").objectStore("desks").put(sealed, this.account));
  }

  async desk<T>(): Promise<T | null> {
    const sealed = (await done(this.base.transaction("desks").objectStore("desks").get(this.account))) as Sealed | undefined;
    return sealed ? this.unseal<T>(sealed) : null;
  }
}

/** Nothing is left on the phone: the store with its keys, the page's shell, the worker. Only called when all is sent. */
export function forgetCollected(): void {
  localStorage.removeItem(UNSENT);
  indexedDB.deleteDatabase(NAME);
  if ("caches" in window) void caches.keys().then((names) => names.filter((name) => name.startsWith("collect-")).forEach((name) => caches.delete(name)));
  void navigator.serviceWorker?.getRegistrations().then((all) => all.forEach((one) => one.unregister()));
}
