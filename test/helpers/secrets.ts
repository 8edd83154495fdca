export * from "../../policy/mocks/secrets";
