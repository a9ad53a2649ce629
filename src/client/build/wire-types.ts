/** Types of what is sent and answered, written out: those of the server are made of its schemas, which a client does not have. */
import { API } from "typescript/unstable/async";

/** How the compiler writes a type: whole, as an alias says it, with a field a line. */
const WRITTEN_OUT = 1 | (1 << 23) | (1 << 10);

/** @param needed the names that are needed of each file */
export async function wireTypes(root: string, needed: ReadonlyMap<string, ReadonlySet<string>>): Promise<string> {
  const compiler = new API({ cwd: root });
  try {
    const configuration = `${root}/tsconfig.json`;
    const project = (await compiler.updateSnapshot({ openProject: configuration })).getProject(configuration);
    if (project === undefined) throw new Error(`${configuration} is no project`);
    const { program, checker } = project;
    const texts: string[] = [];
    for (const [path, names] of needed) {
      const file = await program.getSourceFile(path);
      const symbol = file && (await checker.getSymbolAtLocation(file));
      const exported = symbol ? await checker.getExportsOfModule(symbol) : [];
      for (const name of names) {
        const found = exported.find((one) => one.name === name);
        if (found === undefined) throw new Error(`${path} exports no ${name}`);
        const type = await checker.getDeclaredTypeOfSymbol(found);
        texts.push(`export type ${name} = ${await checker.typeToString(type, undefined, WRITTEN_OUT)};\n`);
      }
    }
    return texts.join("\n");
  } finally {
    await compiler.close();
  }
}
