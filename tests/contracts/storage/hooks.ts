/** Hooks, and the deliveries that are known. */
import { expect } from "bun:test";
import { newId } from "../../../src/ids.ts";
import type { NewHook } from "../../../src/storage/port.ts";
import { type Check, granted, NAMESPACE, present, type World } from "./kit.ts";

const newHook = (world: World, fields: Partial<NewHook> = {}): NewHook => ({
  uuid: newId(world.now()),
  namespace: NAMESPACE,
  workflow: "report",
  tokenHash: crypto.randomUUID(),
  verify: { scheme: "github", secret: "a secret" },
  filter: "body.a == 1",
  createdAt: world.now(),
  ...fields,
});

export function hookContract(check: Check): void {
  check("a hook is found by its id and its token, until it is deleted", async (world) => {
    const { hooks } = world.storage;
    const { tokenHash, ...shown } = newHook(world);
    granted(await hooks.insert({ ...shown, tokenHash }));
    const found = { ...shown, rotatedAt: null };
    expect(await hooks.find(shown)).toEqual(found);
    expect(await hooks.findByToken(tokenHash)).toEqual(found);
    expect(await hooks.findByToken("another")).toBeNull();
    expect(await hooks.find({ ...shown, namespace: "others" })).toBeNull();
    expect(await hooks.delete({ ...shown, namespace: "others" })).toMatchObject({ code: "hook_not_found" });
    granted(await hooks.delete(shown));
    expect(await hooks.findByToken(tokenHash)).toBeNull();
    expect(await hooks.delete(shown)).toMatchObject({ code: "hook_not_found" });
    expect(await hooks.find({ namespace: NAMESPACE, uuid: "no uuid" })).toBeNull();
  });

  check("one that is neither verified nor filtered", async (world) => {
    const { hooks } = world.storage;
    const hook = newHook(world, { verify: null, filter: null });
    granted(await hooks.insert(hook));
    expect(await hooks.find(hook)).toMatchObject({ verify: null, filter: null });
  });

  check("another token takes the place of the first", async (world) => {
    const { hooks } = world.storage;
    const hook = newHook(world);
    granted(await hooks.insert(hook));
    granted(await hooks.rotate(hook, "new"));
    expect(await hooks.findByToken(hook.tokenHash)).toBeNull();
    expect((await hooks.findByToken("new"))?.uuid).toBe(hook.uuid);
    expect(present(await hooks.find(hook)).rotatedAt).toBeGreaterThan(hook.createdAt - 1000);
    expect(await hooks.rotate({ namespace: "others", uuid: hook.uuid }, "x")).toMatchObject({ code: "hook_not_found" });
  });

  check("lists are of one namespace, by page, in both orders", async (world) => {
    const { hooks } = world.storage;
    const made = [newHook(world), newHook(world), newHook(world)];
    for (const hook of [...made, newHook(world, { namespace: "others" })]) granted(await hooks.insert(hook));
    const uuids = made.map(({ uuid }) => uuid);
    const page = { namespace: NAMESPACE, limit: 2, order: "asc", after: null } as const;
    const list = async (fields: object) => (await hooks.list({ ...page, ...fields })).map(({ uuid }) => uuid);
    expect(await list({})).toEqual(uuids.slice(0, 2));
    expect(await list({ after: uuids[1] })).toEqual(uuids.slice(2));
    expect(await list({ order: "desc" })).toEqual(uuids.toReversed().slice(0, 2));
    expect(await list({ order: "desc", after: uuids[1] })).toEqual(uuids.slice(0, 1));
  });

  check("a delivery has one run, by whichever of its keys it is known, until that is over", async (world) => {
    const { hooks } = world.storage;
    const [hook, other] = [newId(world.now()), newId(world.now())];
    const runs = Array.from({ length: 6 }, () => newId(world.now()));
    const take = (run: string | undefined, of: string, ...keys: [key: string, milliseconds: number][]) =>
      hooks.takeDelivery({
        hook: of,
        keys: keys.map(([key, milliseconds]) => ({ key, milliseconds })),
        run: present(run),
      });
    const [first, second, third, fourth, fifth] = runs;
    expect(await take(first, hook, ["id 1", 60_000], ["signature", 100])).toBe(present(first));
    expect(await take(second, hook, ["id 1", 60_000], ["another", 100])).toBe(present(first));
    expect(await take(second, hook, ["a 2", 60_000], ["signature", 100])).toBe(present(first));
    expect(await take(second, hook, ["z 2", 60_000], ["signature", 100])).toBe(present(first));
    expect(await take(third, other, ["id 1", 60_000], ["signature", 100])).toBe(present(third));
    expect(await take(first, hook, ["id 1", 60_000])).toBe(present(first));
    await world.pass(200);
    expect(await take(fourth, hook, ["id 3", 60_000], ["signature", 100])).toBe(present(fourth));
    expect(await take(fifth, hook, ["id 1", 60_000])).toBe(present(first));
  });

  check("copies of a delivery at one time have one run", async (world) => {
    const { hooks } = world.storage;
    const hook = newId(world.now());
    const keys = ["b", "a", "c"].map((key) => ({ key, milliseconds: 60_000 }));
    const taken = await Promise.all(
      Array.from({ length: 8 }, () => hooks.takeDelivery({ hook, keys, run: newId(world.now()) })),
    );
    expect(new Set(taken).size).toBe(1);
  });
}
