export * from "../../policy/mocks/recording";
