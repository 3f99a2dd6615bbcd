# cmake -DOUTPUT=... -DNAME=... -DINPUT=... -P EmbedCsv.cmake
# Writes a .cc that holds one text file as a string constant. A literal may not grow without bound, so
# the text is cut at line ends into pieces that the compiler joins.
file(READ "${INPUT}" text)
string(LENGTH "${text}" total)
set(pieces "")
set(at 0)
while(at LESS total)
  string(SUBSTRING "${text}" ${at} 12000 piece)
  string(LENGTH "${piece}" taken)
  string(APPEND pieces "\nR\"csv(${piece})csv\"")
  math(EXPR at "${at} + ${taken}")
endwhile()
file(WRITE "${OUTPUT}" "#include <string_view>
namespace cartella::schema {
extern const std::string_view k_${NAME}_csv;
const std::string_view k_${NAME}_csv =${pieces};
}  // namespace cartella::schema
")
