"""Runs a notebook to its end without a browser, as a pipeline does, and keeps what its cells have shown.

python run_notebook.py notebook.ipynb [RESULT]
"""

import sys

import nbformat
from jupyter_client import AsyncKernelManager
from nbclient import NotebookClient

source = sys.argv[1]
result = sys.argv[2] if len(sys.argv) > 2 else source
notebook = nbformat.read(source, as_version=4)
# By a socket in the file system, which only this user can open; over TCP others on the machine could listen.
kernel = AsyncKernelManager(kernel_name="python3", transport="ipc")
try:
    # A cell that fails ends it, and the error shows the cell.
    NotebookClient(notebook, kernel, timeout=300).execute()
finally:
    nbformat.write(notebook, result)
print(f"{result}: {sum(cell.cell_type == 'code' for cell in notebook.cells)} cells ran")
