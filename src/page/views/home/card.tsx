import type { ComponentChildren } from "preact";
import type { Problem } from "../../data/problem.ts";

interface CardProps {
  title: string;
  /** Where all of it is. */
  href: string;
  /** Null until it is read. */
  count: number | null;
  none: string;
  problem: Problem | null;
  children: ComponentChildren;
}

/** One of the lists of Home: of the same size while it is read, and where there is nothing. */
export function Card({ title, href, count, none, problem, children }: CardProps) {
  return (
    <section class="home-card" aria-label={title}>
      <header>
        <h2>{title}</h2>
        <a href={href}>
          all<span class="sr-only"> of {title}</span>
        </a>
      </header>
      {count === null && <p class="soft">{problem === null ? "Reading…" : problem.text}</p>}
      {count === 0 && <p class="soft">{none}</p>}
      {count !== null && count > 0 && <ul>{children}</ul>}
    </section>
  );
}
