/* What every cell needs and hardly ever changes: the node types, their icons, where to report a click, and
 * whether the person may change the drawing (`editable`) and run it (`mayRun`). */
import { createContext } from "react";

export const CatalogueContext = createContext({ types: {}, icons: {}, marks: {}, report: {} });
