/* What every cell needs and never changes: the node types, their icons, and where to report a click. */
import { createContext } from "react";

export const CatalogueContext = createContext({ types: {}, icons: {}, marks: {}, report: {} });
