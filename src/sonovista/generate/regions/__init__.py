"""Stage: What every part of a picture is made of, as the stages that need it receive it."""
