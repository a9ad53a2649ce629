import { useEffect, useRef } from "preact/hooks";
import { address } from "../address/address.ts";
import { NoSuchView, PartMissing } from "../shared/states/states.tsx";
import { title } from "../title.ts";
import { componentOf, viewAt } from "../views.ts";
import { Announcer } from "./announcer.tsx";
import { Banner } from "./banner.tsx";
import { Header } from "./header.tsx";
import { Search } from "./search.tsx";
import { Shortcuts } from "./shortcuts.tsx";

/** What is around every view. */
export function Shell() {
  const { path } = address.value;
  const found = viewAt(path);
  const main = useRef<HTMLElement>(null);
  const isFirst = useRef(true);
  const usual = found?.view.title ?? "Not found";
  useEffect(() => {
    title.value = usual;
    // Who reads by ear, or by keys, begins with the new view.
    if (!isFirst.current) main.current?.focus();
    isFirst.current = false;
    scrollTo(0, 0);
  }, [path, usual]);
  return (
    <>
      <a class="skip" href="#main">
        Skip to the content
      </a>
      <Header />
      <Banner />
      <main id="main" ref={main} tabIndex={-1}>
        <Shown path={path} />
      </main>
      <Announcer />
      <Search />
      <Shortcuts />
    </>
  );
}

function Shown({ path }: { path: string }) {
  const found = viewAt(path);
  if (found === null) return <NoSuchView />;
  const Component = componentOf(found.view);
  if (Component === undefined) return <p class="soft page-pad">Loading…</p>;
  if (Component === null) return <PartMissing />;
  return <Component key={path} params={found.params} />;
}
