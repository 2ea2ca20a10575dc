"""How many tensors TensorFlow adds at once: three or more in an order that changes from run to run.

The graph counts that is run, after TensorFlow has rewritten it.
"""

from tensorflow.python.eager import context  # no public function gives the rewritten graph


def sums_of(function, *arguments):
    """How many tensors each `AddN` adds: as traced, and as run.

    The function must not have been run: TensorFlow reports its graph when it makes it.
    """
    traced = [
        len(op.inputs)
        for op in function.get_concrete_function(*arguments).graph.get_operations()
        if op.type == "AddN"
    ]
    context.enable_run_metadata()
    try:
        function(*arguments)
        graphs = context.export_run_metadata().function_graphs
    finally:
        context.disable_run_metadata()
    nodes = [node for graph in graphs for node in graph.post_optimization_graph.node]
    assert len(nodes) > 10
    inputs = [[name for name in n.input if name[0] != "^"] for n in nodes if n.op == "AddN"]
    return traced, [len(names) for names in inputs]
