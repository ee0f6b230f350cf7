const build = new Function("value", "\nthrow new Error('in generated code: ' + value);");
build("x");
