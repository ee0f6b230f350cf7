throw { code: 42, nested: { deep: ["value"] } };
