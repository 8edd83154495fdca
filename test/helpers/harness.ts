export * from "../../policy/mocks/record";
