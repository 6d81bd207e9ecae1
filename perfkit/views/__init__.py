"""One file is one picture of a Result: figure, HTML or text. The only room that imports plotly."""
