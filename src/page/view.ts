import type { ComponentType } from "preact";

export interface ViewProps {
  /** What `:name` of the path is. */
  params: Record<string, string>;
}

export interface View {
  path: string;
  title: string;
  /** Its place in the navigation, and the key behind `g`. */
  navigation?: { label: string; key: string };
  /** The component; one that is heavy and seldom needed is loaded when it is shown. */
  view: ComponentType<ViewProps> | { load: () => Promise<ComponentType<ViewProps>> };
}
