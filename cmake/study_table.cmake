# cmake -DOUT=FILE.c -DSTUDIES=A.c|B.c -P study_table.cmake: the table of studies with their texts (cli/study.h).

string(REPLACE "|" ";" sources "${STUDIES}")
set(declared "")
set(rows "")
foreach(source ${sources})
    cmake_path(GET source STEM name)
    file(READ ${source} text HEX)
    string(REGEX REPLACE "([0-9a-f][0-9a-f])" "'\\\\x\\1'," text "${text}")
    string(APPEND declared "extern const cj_study cj_study_${name};\n"
        "static const char text_${name}[] = {${text}0};\n")
    string(APPEND rows "    {&cj_study_${name}, text_${name}},\n")
endforeach()
file(WRITE ${OUT} "#include \"cli/study.h\"\n\n${declared}\nconst study_row study_table[] = {\n${rows}    {0, 0},\n};\n")
