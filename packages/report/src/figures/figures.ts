import type { Law, Row } from "@ts/fit"
import { bellsFigure } from "./bells.ts"
import type { Figure } from "./figure.ts"
import { formsFigure } from "./forms.ts"
import { horizonLawsFigure } from "./horizon-laws.ts"
import { lossCurvesFigure } from "./loss-curves.ts"
import { overheadFigure } from "./overhead.ts"
import { profilesFigure } from "./profiles.ts"
import { regimesFigure } from "./regimes.ts"
import { sensitivityFigure } from "./sensitivity.ts"
import { widthsFigure } from "./widths.ts"

/** All figures of a study, in the order of the report. */
export const figures = (law: Law, rows: ReadonlyArray<Row>): ReadonlyArray<Figure> => [
  profilesFigure(law),
  bellsFigure(law),
  formsFigure(law),
  regimesFigure(law),
  overheadFigure(law),
  horizonLawsFigure(law),
  lossCurvesFigure(law, rows),
  sensitivityFigure(law),
  widthsFigure(law),
]
