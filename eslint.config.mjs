import pulumi from "@pulumi/eslint-plugin";
import tseslint from "typescript-eslint";

/** Only here may containers be made. */
const CONTAINERS = ["components/workload.ts"];

export default tseslint.config(
  { ignores: ["**/node_modules/", "**/.artifacts/", "eslint.config.mjs", "bin/", "policy/bin/"] },
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      // Numbers in text are plain; Outputs, objects and undefined are the mistakes to find.
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      // Providers and handlers keep the shape of their interface.
      "@typescript-eslint/require-await": "off",
      // A component is made for what it declares.
      "no-new": "off",
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
      "@typescript-eslint/consistent-type-imports": "error",
    },
  },
  {
    files: ["components/**/*.ts", "lib/**/*.ts", "index.ts"],
    plugins: { "@pulumi": pulumi },
    rules: {
      "no-restricted-properties": [
        "error",
        { object: "process", property: "env", message: "Settings come from config/, nothing else is read." },
      ],
      "no-restricted-syntax": [
        "error",
        {
          selector: "NewExpression[callee.property.name='Config']",
          message: "Settings are read once, in config/.",
        },
      ],
    },
  },
  {
    files: ["components/**/*.ts"],
    ignores: CONTAINERS,
    rules: {
      "no-restricted-syntax": [
        "error",
        {
          selector: "NewExpression[callee.property.name='Container']",
          message: "Containers are made by Workload.",
        },
        {
          selector: "NewExpression[callee.property.name='Config']",
          message: "Settings are read once, in config/.",
        },
      ],
    },
  },
  {
    files: ["lib/**/*.ts"],
    rules: {
      "no-restricted-imports": [
        "error",
        { patterns: [{ group: ["@pulumi/*"], message: "Builders are pure." }] },
      ],
    },
  },
);
